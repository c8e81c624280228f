"""Questions into answers with verbatim citations."""
