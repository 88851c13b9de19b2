"""Pages run by Streamlit's own test runner, on a service without models."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from meetcore.settings import Settings
from pages.shared import process
from tests.pages.fake_backend import FakeService, furnished

NAVIGATION = Path(__file__).parents[2] / "pages" / "navigation.py"


@dataclass
class Shown:
    """A page as drawn, with what our own elements were given."""

    app: AppTest

    def data(self, key: str) -> dict[str, Any]:
        """The data of one of our elements, as its script receives it."""
        for element in self.app.get("bidi_component"):
            if key in element.proto.id:
                return json.loads(element.proto.json or element.proto.mixed.json)
        raise AssertionError(f"{key} is not on the page")

    @property
    def html(self) -> str:
        """Everything the page draws as HTML, its style aside."""
        return "\n".join(
            element.proto.body
            for element in self.app.get("html")
            if not element.proto.body.startswith("<style")
        )

    @property
    def links(self) -> str:
        """Labels of the links."""
        return "\n".join(element.proto.label for element in self.app.get("page_link"))


Show = Callable[..., Shown]


@pytest.fixture
def service() -> FakeService:
    """A service with a meeting of every kind."""
    return furnished()


@pytest.fixture
def show(service: FakeService, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Show:
    """Draw a page of the app with query parameters."""
    service.folder = tmp_path
    monkeypatch.setattr(process, "service", lambda: service)
    monkeypatch.setattr(process, "settings", lambda: Settings(data_dir=tmp_path, _env_file=None))

    def draw(page: str = "live/page.py", **query: str) -> Shown:
        app = AppTest.from_file(str(NAVIGATION), default_timeout=20)
        app.run()
        app.switch_page(page)
        for name, value in query.items():
            app.query_params[name] = value
        app.run()
        assert not app.exception, app.exception
        return Shown(app)

    return draw
