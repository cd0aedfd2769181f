/* bug.h -- ASSERT: a bug is a crash, in every build.
 *
 * A refusal is the member's answer, a fault is the outside world's; a failed ASSERT is ours. State that
 * broke an invariant must not reach the journal, so the process ends at once; the journal has
 * everything that was acknowledged.
 */
#ifndef BOON_ENGINE_BUG_H
#define BOON_ENGINE_BUG_H

/* Ends the process after calling the hook, if one is set, with where the bug was found. */
_Noreturn void bug_found(const char *expression, const char *file, int line);

/* Sets what is called first, so that whoever does I/O can log it. NULL: nothing. */
void bug_set_hook(void (*hook)(const char *expression, const char *file, int line));

#define ASSERT(expression)                                                                         \
    (__builtin_expect(!!(expression), 1) ? (void)0 : bug_found(#expression, __FILE__, __LINE__))

#endif
