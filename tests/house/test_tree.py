"""What must not be committed."""

import re

from support import house

# Put together from pieces, so that this file does not name what it forbids.
INDEXES = ["py" + "pi.org", "python" + "hosted", "npm" + "js", "/sim" + "ple/", "/sim" + "ple\n"]
MACHINE_PATH = re.compile(
    r"""(?<![\w.:/-])/(?:work|root|home/\w+|Users/\w+|opt|private|data\d?)/[\w.-]+"""
)


def texts() -> list[tuple[str, str]]:
    found = []
    for path in house.committed():
        content = path.read_bytes()
        if b"\0" not in content:
            found.append((house.here(path), content.decode("utf-8")))
    return found


def test_there_are_files_to_look_at() -> None:
    assert len(texts()) > 100


def test_no_file_names_a_package_index() -> None:
    assert [(name, index) for name, text in texts() for index in INDEXES if index in text] == []


def test_no_file_names_a_path_of_one_machine() -> None:
    found = [
        (name, match.group()) for name, text in texts() for match in MACHINE_PATH.finditer(text)
    ]
    assert found == []


def test_the_pattern_finds_such_a_path() -> None:
    assert MACHINE_PATH.search("see /ro" + "ot/notes.txt")
    assert MACHINE_PATH.search('"/ho' + 'me/someone/tongban"')
    assert not MACHINE_PATH.search("https://example.org/work/list")
