"""Known elsewhere: this node vouches for its people to its peers, and believes theirs.

OpenID Connect Core 1.0, authorization code with PKCE (RFC 7636), as RFC 9700 wants it: the rest of
the protocol is not there. Clients and providers are the trusted peers, by their documents.
"""
