"""Found by allauth under this name: our OpenID Connect in place of its own."""

from config.signing_in.single_sign_on.provider import SingleSignOn

provider_classes = [SingleSignOn]
