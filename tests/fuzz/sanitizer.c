/* sanitizer.c -- how AddressSanitizer runs in every harness. */

const char *__asan_default_options(void);

/* Freed memory is kept from use until so much is freed behind it: much more than one input frees, so what
 * is used after it was freed is found; and little enough to stay in the processor's caches, where the
 * default, 256 MiB, has every input touch fresh pages. A report names the last callers of an allocation:
 * to write down all, down to main(), took longer than the allocation. */
const char *__asan_default_options(void)
{
    return "quarantine_size_mb=8:thread_local_quarantine_size_kb=256:malloc_context_size=6";
}
