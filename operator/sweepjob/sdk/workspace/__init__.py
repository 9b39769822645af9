"""What code for Azure's client does with a workspace: jobs, components, pipelines, and named assets."""
