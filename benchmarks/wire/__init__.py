"""Both ends of the wire: processes, servers, the load client, and its frames."""
