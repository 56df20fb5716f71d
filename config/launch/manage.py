"""`./dev manage …`: Django's own command line with the services up."""

from config import embedded
from config.launch.arguments import Arguments
from config.launch.children import MANAGE, OWNERS_COMMANDS, as_owner, environment, foreground
from config.launch.console import say


def run(arguments: Arguments) -> int:
    """Run the command, beside a running demo if there is one, and return its exit code."""
    with embedded.services(home=arguments.home, join=True, say=say) as services:
        variables = environment(services)
        if OWNERS_COMMANDS & set(arguments.rest[:1]):
            variables = as_owner(variables)
        return foreground([*MANAGE, *arguments.rest], variables)
