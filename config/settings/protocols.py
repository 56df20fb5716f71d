"""Who we are in the machine protocols by which requests come in and go out. What is left out is closed."""

from config.env import env

# Of the Data Rights Protocol: what the network's directory calls us, and the controller that it is.
DRP_BUSINESSES: dict[str, str] = env.named_slugs("ACCORDANT_DRP_BUSINESSES")
# Of OpenDSR: our domain as a processor, the RSA key and the certificate (PEM) that answers are signed with,
# and which client of the API is which controller.
OPENDSR: dict[str, str] = {
    "domain": env("ACCORDANT_OPENDSR_DOMAIN", default=""),
    "key_file": env("ACCORDANT_OPENDSR_KEY_FILE", default=""),
    "certificate_file": env("ACCORDANT_OPENDSR_CERTIFICATE_FILE", default=""),
}
OPENDSR_CONTROLLERS: dict[str, str] = env.named_slugs("ACCORDANT_OPENDSR_CONTROLLERS")
# Of the IAB's Data Deletion Request Framework: our domain, and the private key (PEM) that signs requests.
DATA_DELETION: dict[str, str] = {
    "domain": env("ACCORDANT_DATA_DELETION_DOMAIN", default=""),
    "key_file": env("ACCORDANT_DATA_DELETION_KEY_FILE", default=""),
}
