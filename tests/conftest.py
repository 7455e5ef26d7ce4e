"""What all tests share: the fixtures of the real servers."""

from hypothesis import settings

# No test is timed: the machine may be busy with others.
settings.register_profile("qolhat", deadline=None)
settings.load_profile("qolhat")

pytest_plugins = ["tests.servers.plugin"]
