"""One WebSocket connection: negotiation, peers, batches and broadcasts."""
