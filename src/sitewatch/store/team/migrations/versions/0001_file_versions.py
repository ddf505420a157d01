"""Cases with their areas, and every version of every file; rows of the latter are added and never changed."""

from alembic import op

revision = "0001"
down_revision = None

_TABLES = """
CREATE EXTENSION IF NOT EXISTS postgis;

CREATE TABLE sitewatch.store (
    id uuid NOT NULL DEFAULT gen_random_uuid(),
    pixels text NOT NULL,
    is_one boolean PRIMARY KEY DEFAULT true CHECK (is_one)
);

CREATE TABLE sitewatch.site (
    case_name text PRIMARY KEY CHECK (case_name ~ '^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$'),
    title text NOT NULL,
    area geometry(Geometry, 4326)   -- null for pictures without georeference
);
CREATE INDEX ON sitewatch.site USING gist (area);

CREATE TABLE sitewatch.file_version (
    case_name text NOT NULL REFERENCES sitewatch.site,
    path text NOT NULL,
    version integer NOT NULL CHECK (version > 0),
    sha256 text CHECK (sha256 ~ '^[0-9a-f]{64}$'),   -- null: the file was removed
    bytes bigint NOT NULL CHECK (bytes >= 0),
    body text,                                        -- null: an object in the bucket, whose key is the hash
    actor text NOT NULL,
    login text NOT NULL DEFAULT session_user,
    at timestamptz NOT NULL DEFAULT clock_timestamp(),
    number bigint GENERATED ALWAYS AS IDENTITY UNIQUE,
    PRIMARY KEY (case_name, path, version)
);

CREATE VIEW sitewatch.latest AS
    SELECT DISTINCT ON (case_name, path) * FROM sitewatch.file_version ORDER BY case_name, path, version DESC;

CREATE FUNCTION sitewatch.refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'versions of files are only added, never changed or removed';
END $$;
CREATE TRIGGER only_added BEFORE UPDATE OR DELETE OR TRUNCATE ON sitewatch.file_version
    EXECUTE FUNCTION sitewatch.refuse();
"""


def upgrade() -> None:
    """Make the tables."""
    op.execute(_TABLES)


def downgrade() -> None:
    """Remove them with all that they hold."""
    op.execute("DROP SCHEMA sitewatch CASCADE")
