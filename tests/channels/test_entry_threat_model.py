import ast
import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
NAMED = re.compile(r"`([a-z_]+/test_\w+\.py)::(test_\w+)`")


def test_every_test_that_the_threat_model_names_exists() -> None:
    text = (ROOT / "docs" / "threat-model.md").read_text(encoding="utf-8")
    named = NAMED.findall(text)
    assert len(named) >= 40
    assert text.count("::") == len(named), "a test is named in a form that is not checked"
    missing = [f"{file}::{name}" for file, name in named if name not in functions(file)]
    assert missing == []


def functions(file: str) -> set[str]:
    tree = ast.parse((ROOT / "tests" / file).read_text(encoding="utf-8"))
    return {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}
