"""A team's store: the cases of many people and workers, records in PostgreSQL with PostGIS, pixels in a bucket.

A case is worked on as a folder, by each person and worker in a copy of their own; ``import_case`` brings that copy
up to the store, ``export_case`` the store up to the copy, and neither overwrites what somebody else wrote.
"""

from sitewatch.errors import InputError

try:
    import alembic  # noqa: F401  the optional extra `team`
    import obstore  # noqa: F401
    import psycopg  # noqa: F401
except ImportError as missing:
    raise InputError(f"a team store needs the package {missing.name}. Install what it needs with "
                     "`pip install 'sitewatch[team]'`") from missing

from sitewatch.store.team._move import Moved, export_case, import_case
from sitewatch.store.team._rows import TeamCase, Version
from sitewatch.store.team._team import Team, set_up

__all__ = ["Moved", "Team", "TeamCase", "Version", "export_case", "import_case", "set_up"]
