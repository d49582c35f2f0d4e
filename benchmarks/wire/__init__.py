"""Both ends of the connections: processes, servers, the load client, its frames."""
