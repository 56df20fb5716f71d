"""Ungated paths: ways from personal data to the outside that no gate stands on."""

from activation.desk.home.addresses import address_of, count_of, say_count
from activation.desk.home.types import Asked, Need, Panel, Tone
from activation.desk.lineage.counting import count_ungated

PERMISSIONS = ("activation_desk.view_lineage",)
_LIST = "activation_desk_lineage_radar"


def lay_out(_asked: Asked) -> Panel:
    """Return the panel."""
    count = count_ungated()
    words = say_count(count, "path to the outside has no gate", "paths to the outside have no gate")
    return Panel(
        key="paths",
        title="Ways out without a gate",
        address=address_of(_LIST),
        sentence="As counted within the last five minutes; a path that is noted as known is not counted.",
        figures=(count_of("Ungated paths", count, address_of(_LIST), tone=Tone.WRONG),),
        needs=(Need(words, address_of(_LIST)),) if count else (),
    )
