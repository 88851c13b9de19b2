"""Fixtures of a service on a real store and a real disk, with stand-ins for the models."""

from tests.support.service_fixtures import identifier, open_service, quick, service, store

__all__ = ["identifier", "open_service", "quick", "service", "store"]
