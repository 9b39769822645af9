"""Everything that awaits: kopf handlers, API gateway, watch caches, reconciler, intake."""
