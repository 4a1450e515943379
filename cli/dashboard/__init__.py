"""Opening the dashboard: what stands around it in the process, in files, behind the screen."""
