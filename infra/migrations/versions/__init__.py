"""The revisions, each as it was released."""
