"""Single sign-on by OpenID Connect: with state, nonce, PKCE, and tokens whose signature is checked."""
