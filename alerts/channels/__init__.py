"""Ways to people, each an `alerts.models.Channel`. Imported only when chosen: httpx is not free."""
