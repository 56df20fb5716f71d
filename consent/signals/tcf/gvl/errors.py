"""What is raised of vendor lists."""

from consent.kernel.errors import AccordantError


class MalformedVendorList(AccordantError):
    """A vendor list that its specification does not allow; `place` says where, as `vendors.12.purposes`."""

    code = "malformed_vendor_list"

    def __init__(self, place: str, detail: str) -> None:
        super().__init__(f"{place}: {detail}" if place else detail)
        self.place = place
        self.detail = detail


class ListMismatch(AccordantError):
    """A vendor list of another version than the one that was asked for, or that differs from the archive."""

    code = "vendor_list_mismatch"
