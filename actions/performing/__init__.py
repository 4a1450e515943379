"""Carrying single effects of a plan out, each exactly once: an HTTP request, a process, a Redis command, a piece of
work on files. Who carries out judges nothing; what an answer means is for who planned the step."""
