"""The officer's workspace."""

from consent.requests.admin import data_map
from consent.requests.admin.agents import AgentAdmin
from consent.requests.admin.requests import RequestAdmin

__all__ = ["AgentAdmin", "RequestAdmin", "data_map"]
