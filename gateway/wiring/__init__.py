"""From settings to parts: what `gateway.app` puts together, concept by concept."""
