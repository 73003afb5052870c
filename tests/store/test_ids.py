"""Identity: many ids at once are the ids one by one."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from trainset.store import ids


@given(source=st.text(st.characters(exclude_categories=["Cs"])), paths=st.lists(st.binary(max_size=20), max_size=5))
def test_many_file_ids_are_those_of_each_file(source: str, paths: list[bytes]) -> None:
    assert ids.file_ids(source, paths) == [ids.sample_id(source, ids.file_key(path)) for path in paths]
