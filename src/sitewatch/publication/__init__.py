"""Publish a case so that a stranger can check it, and check what others have published."""

from sitewatch.publication._check import verify_published
from sitewatch.publication._publish import EVIDENCE, PUBLISHED, Published, draft, publish, stated

__all__ = ["EVIDENCE", "PUBLISHED", "Published", "draft", "publish", "stated", "verify_published"]
