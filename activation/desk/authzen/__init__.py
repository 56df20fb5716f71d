"""The certification fixture of OpenID AuthZEN as an ordinary policy, two people and two destinations."""
