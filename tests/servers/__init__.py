"""Real PostgreSQL and Apache Kafka for tests, on 127.0.0.1, gone when the tests are gone.

Fixtures (see `plugin`): `postgres_server`, `postgres_dsn` (as `qolhat migrate` leaves it),
`empty_postgres_dsn`, `killable_postgres`, `kafka_server`, `kafka_bootstrap`, `kafka_topic`,
`killable_kafka`. A test that asks for one of them is marked `server(...)` by itself and, under
pytest-xdist with `--dist loadgroup`, joins the group of its server, so that one worker starts it
and the others save the memory. Give a test its own `@pytest.mark.xdist_group` to have it elsewhere.

`QOLHAT_TEST_POSTGRES` (a libpq address) and `QOLHAT_TEST_KAFKA` (bootstrap servers) name servers to
use instead of starting any.
"""
