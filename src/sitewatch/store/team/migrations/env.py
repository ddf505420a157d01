"""How alembic reaches a team store: through the engine that it is handed, in one transaction for all migrations."""

from alembic import context
from sqlalchemy import text

with context.config.attributes["engine"].connect() as connection:
    connection.execute(text("CREATE SCHEMA IF NOT EXISTS sitewatch"))
    context.configure(connection=connection, version_table_schema="sitewatch")
    with context.begin_transaction():
        context.run_migrations()
    connection.commit()
