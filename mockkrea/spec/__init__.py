"""OpenAPI documents of Krea's that a user supplies: read with bounds, compared with the catalogue, served."""
