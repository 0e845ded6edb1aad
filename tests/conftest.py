"""What every test may use. Fixtures live beside what they bring; here they are only announced."""

pytest_plugins = ["tests.server.fixtures"]
