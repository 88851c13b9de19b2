"""The routes over a service without models."""

from __future__ import annotations

from pathlib import Path

import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

from meetcore.api.routes import api_routes
from tests.pages.fake_backend import FakeService, furnished


@pytest.fixture
def service(tmp_path: Path) -> FakeService:
    """A service with a meeting of every kind."""
    service = furnished()
    service.folder = tmp_path
    return service


@pytest.fixture
def client(service: FakeService) -> TestClient:
    """A client of all routes."""
    return TestClient(Starlette(routes=api_routes(lambda: service)))
