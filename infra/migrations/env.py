"""Alembic's way in: it runs the revisions over the connection that `migrate` holds."""

from alembic import context

from infra.migrations import VERSION_TABLE


def run() -> None:
    """Run the revisions; the schema is the connection's search path, and they name none."""
    connection = context.config.attributes["connection"]
    context.configure(connection=connection, version_table=VERSION_TABLE)
    with context.begin_transaction():
        context.run_migrations()


if __name__ == "env_py":  # so Alembic names it; a module that is merely imported does nothing
    run()
