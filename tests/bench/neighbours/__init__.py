"""What a hostile or a busy namespace does to the reports and decisions of another one."""
