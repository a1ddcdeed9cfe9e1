"""What tests of several rooms share; the fixtures themselves stand in tests/conftest.py."""
