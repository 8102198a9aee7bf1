"""Lineage and key: whatever decides a result changes them, and nothing else does; causes name what differs."""

from dataclasses import replace

import pytest

from fsnas.lineage.lineage import Lineage, key

# Lineages

CUTS, TORCH = "fsnas/splitting/cuts.py 0123456789ab", "torch 2.11"
ONE = Lineage((CUTS, TORCH), {"cut": {"b": {"c": 1, "d": 2.0}}, "seeds": [0, 1], "none": None, "empty": {}}, "fedc")


def of(**changes):
    return {"settings": {**ONE.settings, **changes}}


CHANGES = {
    "code": ({"code": (CUTS.replace("0", "f"), TORCH)}, ["fsnas/splitting/cuts.py"]),
    "another package": ({"code": (CUTS, "torch 2.12")}, ["torch: 2.11 -> 2.12"]),
    "code that is new": ({"code": (CUTS, TORCH, "mine.py ba9876543210")}, ["mine.py: ba9876543210, new"]),
    "code that is gone": ({"code": (TORCH,)}, ["fsnas/splitting/cuts.py: 0123456789ab, no longer there"]),
    "other inputs": ({"inputs": "0123"}, []),
    "an option": (of(cut={"b": {"c": 1, "d": 2.5}}), ["option cut.b.d: 2.0 -> 2.5"]),
    "options that are new": (of(empty={"a": 0}), ["option empty: {}, no longer there", "option empty.a: 0, new"]),
    "a long text": (of(none="a long caption " * 20), [f"option none: None -> {'a long caption ' * 5}a..."]),
    "a list and nothing": (of(seeds=[0], none=0), ["option seeds: [0, 1] -> [0]", "option none: None -> 0"]),
}


@pytest.mark.parametrize(("change", "causes"), CHANGES.values(), ids=CHANGES)
def test_a_change_is_another_digest_and_is_named(change, causes):
    other = replace(ONE, **change)
    assert other.digest != ONE.digest and ONE.causes(other) == causes and ONE.causes(ONE) == []


def test_order_types_of_lists_and_device_are_no_part_of_the_digest():
    turned = Lineage(ONE.code[::-1], dict(reversed(ONE.settings.items())), "fedc", "cuda")
    assert turned.digest == ONE.digest and ONE.causes(turned) == []
    assert ONE.digest == "e263a8791758bf2eb7442ca61c3b2e7f", "another number remakes the results of every user"


# Keys

PARTS = (["a 1", "b 2"], {"seed": 1, "options": {"samples": 3, "flip": True}}, ["0123", {"root": [[True]]}])
OTHERS = {
    "an entry": (["a 1", "b 3"], *PARTS[1:]),
    "an entry less": (["a 1"], *PARTS[1:]),
    "a setting": (PARTS[0], {**PARTS[1], "seed": 2}, PARTS[2]),
    "a setting deep inside": (PARTS[0], {"seed": 1, "options": {"samples": 3, "flip": False}}, PARTS[2]),
    "a setting more": (PARTS[0], {**PARTS[1], "more": None}, PARTS[2]),
    "the type of a setting": (PARTS[0], {**PARTS[1], "seed": "1"}, PARTS[2]),
    "the key of an input": (*PARTS[:2], ["0124", {"root": [[True]]}]),
    "a space": (*PARTS[:2], ["0123", {"root": [[False]]}]),
    "the order of inputs": (*PARTS[:2], PARTS[2][::-1]),
    "what is an input": (*PARTS[:2], PARTS[2][0], PARTS[2][1]),
    "a part more": (*PARTS, []),
}


def test_the_order_of_settings_does_not_change_a_key():
    turned = {"options": {"flip": True, "samples": 3}, "seed": 1}
    assert key(PARTS[0], turned, PARTS[2]) == key(*PARTS)
    assert key(*PARTS) == "7132b25a364d752c3d9f56efb4ca72f9", "another number remakes the results of every user"


def test_every_part_changes_the_key():
    keys = {name: key(*parts) for name, parts in OTHERS.items()} | {"before": key(*PARTS)}
    assert len(set(keys.values())) == len(keys)
    assert all(len(found) == 32 and int(found, 16) >= 0 for found in keys.values())


def test_what_has_no_text_of_its_own_is_refused():
    """The text of an object names its address, and that of a large array leaves out its middle."""
    with pytest.raises(TypeError):
        key({"settings": object()})
