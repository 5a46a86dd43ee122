/* What the process needs of the system beyond what Swift imports: its arguments as they were given, exchanging two
   folders in one step, and being told when a mapped file loses pages. */
#ifndef EMBQ_CPROCESS_H
#define EMBQ_CPROCESS_H
#include <pthread.h>
#include <stddef.h>

/* main's arguments, the program's name among them; they live as long as the process. Swift reads them from /proc, which
   need not be mounted. */
int cp_argument_count(void);
const char *cp_argument(int index);

/* Exchanges what two paths name, in one step. Returns 0, or the system's number of the error. */
int cp_exchange(const char *one, const char *other);
/* Renames unless something is at `to`. Returns 0, or the system's number of the error. */
int cp_rename_to_free(const char *from, const char *to);

/* From now on, a thread that reads a page which its mapped file no longer has stops for good, and `watcher` gets the
   signal SIGBUS, which it must have blocked. Without a watcher the process ends with a sentence and status 1.
   Returns 0, or the system's number of the error. */
int cp_watch_faults(const pthread_t *watcher);
/* The address of the page that was missing; NULL if none was. */
const void *cp_fault_address(void);
#endif
