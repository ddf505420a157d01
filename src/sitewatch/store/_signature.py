"""Who vouches for a file: detached SSH signatures, made and checked by OpenSSH's own ssh-keygen.

The format is that of OpenSSH's PROTOCOL.sshsig, in the namespace ``sitewatch``, so that a signature for anything else
counts for nothing here. Nothing asks a network, and no key is ever copied.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import tempfile
from pathlib import Path

from sitewatch.errors import InputError
from sitewatch.store._files import read_bytes
from sitewatch.store._verify import Verified

__all__ = ["check_signature", "signed"]

_NAMESPACE = "sitewatch"
_PUBLIC_KEY = re.compile(r"(?:sk-)?(?:ssh|ecdsa)-[a-z0-9@.-]+ [A-Za-z0-9+/]+=*")
_LARGEST_KEY_BYTES = 64 * 1024
_LONGEST_CHECK_S = 600   # a check asks nobody anything; a signature may ask its owner for a passphrase


def signed(path: Path, key: Path) -> bytes:
    """The detached signature of a file by a private key, or by a public one whose private half an agent holds.

    Raises InputError where there is no such key or it cannot be used.
    """
    if not key.is_file():
        raise InputError(f"there is no key {key}. Make one with: ssh-keygen -t ed25519 -f {key.name}")
    with path.open("rb") as data:
        done = subprocess.run([_tool(), "-Y", "sign", "-n", _NAMESPACE, "-f", str(key)], stdin=data,
                              capture_output=True, check=False)
    if done.returncode != 0 or not done.stdout:
        raise InputError(f"the key {key} cannot sign: {_told(done)}. Name an SSH key of yours, or its .pub file where "
                         "an agent holds it")
    return done.stdout


def check_signature(path: Path, signer: Path | None) -> tuple[Verified, ...]:
    """The signature beside a file, ``path`` with .sig at its end.

    With ``signer``, a file with the public key of whoever is trusted to sign, only that key counts, and a missing
    signature fails. Without it a signature is told, but not whose key it is.
    """
    signature = path.with_name(f"{path.name}.sig")
    if not signature.is_file():
        missing = Verified(what=signature.name, holds=False, detail="is missing: nobody has signed this")
        return (missing,) if signer else ()
    if shutil.which("ssh-keygen") is None:
        return (Verified(what=signature.name, holds=None, detail="needs ssh-keygen of OpenSSH, which is not here"),)
    if signer is None:
        return (_check(path, signature, ["check-novalidate"]),)
    with tempfile.TemporaryDirectory(prefix="sitewatch-") as room:
        allowed = Path(room) / "allowed_signers"
        allowed.write_text("".join(f'publisher namespaces="{_NAMESPACE}" {key}\n' for key in _keys(signer)))
        return (_check(path, signature, ["verify", "-f", str(allowed), "-I", "publisher"]),)


def _check(path: Path, signature: Path, how: list[str]) -> Verified:
    with path.open("rb") as data:
        done = subprocess.run([_tool(), "-Y", *how, "-n", _NAMESPACE, "-s", str(signature)], stdin=data,
                              capture_output=True, check=False, timeout=_LONGEST_CHECK_S)
    if done.returncode != 0:
        return Verified(what=signature.name, holds=False, detail=f"does not hold: {_told(done)}")
    key = re.search(r"SHA256:[A-Za-z0-9+/]+", done.stdout.decode("utf-8", "replace"))
    name = f"the key {key[0] if key else 'named'}"
    if how[0] == "verify":
        return Verified(what=signature.name, holds=True, detail=f"is by {name}, which you trust")
    return Verified(what=signature.name, holds=None,
                    detail=f"is by {name}; whose that is, only --signer with a key that you trust can tell")


def _keys(signer: Path) -> list[str]:
    """The public keys of a .pub file, or of one line each."""
    lines = read_bytes(signer, _LARGEST_KEY_BYTES).decode("utf-8", "replace").splitlines()
    found = [key[0] for line in lines if (key := _PUBLIC_KEY.search(line)) and not line.startswith("#")]
    if not found:
        raise InputError(f"{signer} holds no SSH public key. Name the .pub file of the publisher")
    return found


def _tool() -> str:
    found = shutil.which("ssh-keygen")
    if found is None:
        raise InputError("signing needs ssh-keygen. Install OpenSSH (Debian: openssh-client)")
    return found


def _told(done: subprocess.CompletedProcess[bytes]) -> str:
    text = (done.stderr or done.stdout).decode("utf-8", "replace").strip().splitlines()
    return text[-1][:200] if text else f"ssh-keygen gave {done.returncode}"
