"""The read side: probes look, the supervisor says when, ingest puts what they bring into the store."""
