#define _GNU_SOURCE
#include "cprocess.h"
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static int argument_count;
static char **arguments;

/* The GNU C library gives main's arguments to constructors, too. */
__attribute__((constructor)) static void keep_arguments(int count, char **values)
{
    argument_count = count;
    arguments = values;
}

int cp_argument_count(void) { return argument_count; }

const char *cp_argument(int index) { return index >= 0 && index < argument_count ? arguments[index] : NULL; }

static int exchanged(const char *from, const char *to, unsigned flags)
{
    return renameat2(AT_FDCWD, from, AT_FDCWD, to, flags) == 0 ? 0 : errno;
}

int cp_exchange(const char *one, const char *other) { return exchanged(one, other, RENAME_EXCHANGE); }

int cp_rename_to_free(const char *from, const char *to) { return exchanged(from, to, RENAME_NOREPLACE); }

static pthread_t fault_watcher;
static int has_watcher;
static _Atomic(void *) fault_address;

static void on_fault(int number, siginfo_t *information, void *context)
{
    (void)context;
    void *none = NULL;
    if (information->si_code <= 0) {
        /* Somebody sent it: it ends the process as it would without this handler. */
        signal(number, SIG_DFL);
        kill(getpid(), number);
        return;
    }
    /* The first fault is told; later ones only stop their threads. */
    if (!has_watcher) {
        static const char text[] = "embq: error: a file became shorter while it was read, or its disk failed.\n"
                                   "  Run the command again when nothing writes to the file.\n";
        if (write(STDERR_FILENO, text, sizeof text - 1) < 0) {}
        _exit(1);
    }
    if (atomic_compare_exchange_strong(&fault_address, &none, information->si_addr)) {
        pthread_kill(fault_watcher, number);
    }
    for (;;) pause();
}

int cp_watch_faults(const pthread_t *watcher)
{
    has_watcher = watcher != NULL;
    if (watcher) fault_watcher = *watcher;
    struct sigaction action;
    memset(&action, 0, sizeof action);
    action.sa_sigaction = on_fault;
    action.sa_flags = SA_SIGINFO;
    /* A stopped thread takes no other signal: the watcher ends the process. */
    sigfillset(&action.sa_mask);
    return sigaction(SIGBUS, &action, NULL) == 0 ? 0 : errno;
}

const void *cp_fault_address(void) { return atomic_load(&fault_address); }
