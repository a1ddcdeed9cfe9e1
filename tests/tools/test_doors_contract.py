"""The contract finds an import that goes round a door."""

import grimp
import pytest

from doors_contract import DoorsContract


def kept(importer: str, imported: str) -> bool:
    graph = grimp.ImportGraph()
    for module in ("house", "house.hall", "house.cellar", importer, imported):
        graph.add_module(module)
    graph.add_import(importer=importer, imported=imported, line_number=3, line_contents="import x")
    contract = DoorsContract(
        name="doors",
        session_options={"root_packages": ["house"]},
        contract_options={
            "container": "house",
            "doors": ["api", "errors"],
            "open_rooms": ["kernel"],
            "wiring": "house.site",
            "wired": ["handlers"],
        },
    )
    return contract.check(graph, verbose=False).kept


@pytest.mark.parametrize(
    ("importer", "imported"),
    [
        ("house.hall.actions", "house.cellar.api"),
        ("house.hall.actions", "house.cellar.errors"),
        ("house.hall.actions.sub", "house.hall.models"),
        ("house.hall.actions", "house.kernel.clock"),
        ("house.site.wiring", "house.cellar.handlers"),
        ("house.hall.actions", "elsewhere.models"),
    ],
)
def test_allowed(importer: str, imported: str) -> None:
    assert kept(importer, imported)


@pytest.mark.parametrize(
    ("importer", "imported"),
    [
        ("house.hall.actions", "house.cellar.models"),
        ("house.hall.actions", "house.cellar.api.inner"),
        ("house.hall.actions", "house.cellar.handlers"),
        ("house.hallway.actions", "house.hall.models"),
        ("house.site.wiring", "house.cellar.models"),
        ("house.sitemap.x", "house.cellar.handlers"),
    ],
)
def test_refused(importer: str, imported: str) -> None:
    assert not kept(importer, imported)
