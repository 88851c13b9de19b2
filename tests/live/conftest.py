"""Fixtures: a service with fake models on a real store and a real disk."""

from tests.support.service_fixtures import identifier, open_service, quick, service, store

__all__ = ["identifier", "open_service", "quick", "service", "store"]
