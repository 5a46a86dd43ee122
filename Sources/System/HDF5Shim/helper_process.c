#define _GNU_SOURCE
#include "helper_process.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#ifdef __linux__
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#endif

/* Descriptors above the standard ones, so that moving them to 0 and 1 cannot hit the other. */
enum { FIRST_FREE = 10 };

static int close_on_exec(int descriptor)
{
    const int flags = fcntl(descriptor, F_GETFD);
    return flags < 0 || fcntl(descriptor, F_SETFD, flags | FD_CLOEXEC) < 0 ? errno : 0;
}

int ch5_socket_pair(int ends[2])
{
    if (socketpair(AF_UNIX, SOCK_STREAM, 0, ends) != 0) return errno;
    close_on_exec(ends[0]);
    close_on_exec(ends[1]);
    return 0;
}

int ch5_start(const char *executable, const char *argument, int file, int socket, pid_t *process)
{
    static char locking[] = "HDF5_USE_FILE_LOCKING=FALSE", backtrace[] = "SWIFT_BACKTRACE=enable=no";
    static char arenas[] = "MALLOC_ARENA_MAX=1", language[] = "LC_ALL=C", name[] = "embq";
    char libraries[4096] = "";
    const char *path = getenv("LD_LIBRARY_PATH");
    if (path && strlen(path) < sizeof libraries - 32) { strcat(strcat(libraries, "LD_LIBRARY_PATH="), path); }
    char *environment[] = {locking, backtrace, arenas, language, libraries[0] ? libraries : NULL, NULL};
    char given[64];
    given[0] = 0;
    strncat(given, argument, sizeof given - 1);
    char *arguments[] = {name, given, NULL};

    /* EINVAL: the process may not have so many descriptors. */
    const int file_copy = fcntl(file, F_DUPFD_CLOEXEC, FIRST_FREE);
    if (file_copy < 0) return errno == EINVAL ? EMFILE : errno;
    const int socket_copy = fcntl(socket, F_DUPFD_CLOEXEC, FIRST_FREE);
    if (socket_copy < 0) {
        const int reason = errno == EINVAL ? EMFILE : errno;
        close(file_copy);
        return reason;
    }
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    sigset_t none, all;
    sigemptyset(&none);
    sigfillset(&all);
    posix_spawn_file_actions_init(&actions);
    posix_spawnattr_init(&attributes);
    int status = posix_spawn_file_actions_adddup2(&actions, file_copy, 0);
    if (!status) status = posix_spawn_file_actions_adddup2(&actions, socket_copy, 1);
    if (!status) status = posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", O_WRONLY, 0);
    if (!status) status = posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
    if (!status) status = posix_spawnattr_setsigmask(&attributes, &none);
    if (!status) status = posix_spawnattr_setsigdefault(&attributes, &all);
    if (!status) status = posix_spawn(process, executable, &actions, &attributes, arguments, environment);
    posix_spawnattr_destroy(&attributes);
    posix_spawn_file_actions_destroy(&actions);
    close(file_copy);
    close(socket_copy);
    return status;
}

#ifdef __GLIBC__
typedef __rlimit_resource_t resource_name;
#else
typedef int resource_name;
#endif

static int limit(resource_name resource, uint64_t value)
{
    struct rlimit now;
    if (getrlimit(resource, &now) != 0) return errno;
    const rlim_t wanted = now.rlim_max < (rlim_t)value ? now.rlim_max : (rlim_t)value;
    const struct rlimit limit = {wanted, wanted};
    return setrlimit(resource, &limit) == 0 ? 0 : errno;
}

#if defined(__linux__) && (defined(__x86_64__) || defined(__aarch64__)) && defined(SECCOMP_RET_KILL_PROCESS)
#ifdef __x86_64__
#define OWN_ARCHITECTURE AUDIT_ARCH_X86_64
#else
#define OWN_ARCHITECTURE AUDIT_ARCH_AARCH64
#endif

/* The low half of an argument: both machines are little-endian. */
#define LOAD_ARGUMENT(n) BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, args) + 8 * (n))
#define RETURN(action) BPF_STMT(BPF_RET | BPF_K, (action))
#define ALLOW(number) BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (number), 0, 1), RETURN(SECCOMP_RET_ALLOW)
/* Allows a call when none of these bits is set in its argument. */
#define ALLOW_WITHOUT(number, argument, bits)                                                  \
    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (number), 0, 4), LOAD_ARGUMENT(argument),              \
        BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, (bits), 0, 1), RETURN(SECCOMP_RET_ERRNO | EPERM), \
        RETURN(SECCOMP_RET_ALLOW)

/* Lets the process read, take memory, talk over what is open, and end: no other program, file, socket, or process. */
static int allow_few_calls(void)
{
    struct sock_filter filter[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, arch)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, OWN_ARCHITECTURE, 1, 0),
        RETURN(SECCOMP_RET_KILL_PROCESS),
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        ALLOW(__NR_read),
        ALLOW(__NR_pread64),
        ALLOW(__NR_lseek),
        ALLOW(__NR_close),
        /* Only what asks for a descriptor's flags or sets its own: F_SETOWN and F_SETSIG send signals to others. */
        ALLOW_WITHOUT(__NR_fcntl, 1, ~(unsigned)(F_DUPFD | F_GETFD | F_SETFD | F_GETFL)),
        ALLOW(__NR_fstat),
        ALLOW(__NR_newfstatat),
        ALLOW(__NR_statx),
        ALLOW(__NR_readlinkat),
        ALLOW(__NR_getcwd),
#ifdef __x86_64__
        ALLOW(__NR_stat),
        ALLOW(__NR_lstat),
        ALLOW(__NR_readlink),
        ALLOW(__NR_poll),
        ALLOW_WITHOUT(__NR_open, 1, O_ACCMODE | O_CREAT | O_TRUNC),
#endif
        ALLOW_WITHOUT(__NR_openat, 2, O_ACCMODE | O_CREAT | O_TRUNC),
        ALLOW_WITHOUT(__NR_mmap, 2, PROT_EXEC),
        ALLOW_WITHOUT(__NR_mprotect, 2, PROT_EXEC),
        ALLOW(__NR_munmap),
        ALLOW(__NR_mremap),
        ALLOW(__NR_madvise),
        ALLOW(__NR_brk),
        ALLOW(__NR_futex),
        ALLOW(__NR_sendto),
        ALLOW(__NR_recvfrom),
        ALLOW(__NR_ppoll),
        ALLOW(__NR_exit),
        ALLOW(__NR_exit_group),
        ALLOW(__NR_rt_sigreturn),
        ALLOW(__NR_rt_sigaction),
        ALLOW(__NR_rt_sigprocmask),
        ALLOW(__NR_sched_yield),
        ALLOW(__NR_clock_gettime),
        ALLOW(__NR_getrandom),
        ALLOW(__NR_getpid),
        ALLOW(__NR_gettid),
        RETURN(SECCOMP_RET_ERRNO | EPERM),
    };
    const struct sock_fprog program = {sizeof filter / sizeof filter[0], filter};
    return prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program, 0, 0) == 0 ? 0 : errno;
}
#else
static int allow_few_calls(void) { return ENOSYS; }
#endif

int ch5_confine(uint64_t address_space, uint64_t processor_seconds)
{
#if defined(__GLIBC__) && __GLIBC_PREREQ(2, 34)
    closefrom(3);
#else
    for (int descriptor = 3; descriptor < 1024; descriptor++) close(descriptor);
#endif
#ifdef __linux__
    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
#endif
    int status = limit(RLIMIT_CORE, 0);
    if (!status) status = limit(RLIMIT_FSIZE, 0);
    if (!status) status = limit(RLIMIT_CPU, processor_seconds);
    if (!status) status = limit(RLIMIT_AS, address_space);
    /* Descriptors 0, 1, 2 and the file: links to other files cannot be followed, no socket can be made. */
    if (!status) status = limit(RLIMIT_NOFILE, 4);
    /* Another wall, where the system has it. */
    if (!status) (void)allow_few_calls();
    return status;
}

int64_t ch5_file_size(int file)
{
    struct stat status;
    return fstat(file, &status) == 0 && S_ISREG(status.st_mode) ? (int64_t)status.st_size : -1;
}

int ch5_send(int socket, const void *bytes, size_t count)
{
    const char *next = bytes;
    while (count > 0) {
        const ssize_t sent = send(socket, next, count, MSG_NOSIGNAL);
        if (sent < 0 && errno == EINTR) continue;
        if (sent < 0) return errno == EPIPE || errno == ECONNRESET ? CH5_CLOSED : errno;
        next += sent;
        count -= (size_t)sent;
    }
    return 0;
}

int ch5_receive(int socket, void *bytes, size_t count, int milliseconds)
{
    char *next = bytes;
    while (count > 0) {
        struct pollfd ready = {socket, POLLIN, 0};
        const int events = poll(&ready, 1, milliseconds);
        if (events < 0 && errno == EINTR) continue;
        if (events < 0) return errno;
        if (events == 0) return CH5_LATE;
        const ssize_t received = recv(socket, next, count, 0);
        if (received < 0 && errno == EINTR) continue;
        if (received < 0) return errno == ECONNRESET ? CH5_CLOSED : errno;
        if (received == 0) return CH5_CLOSED;
        next += received;
        count -= (size_t)received;
    }
    return 0;
}

int ch5_stop(pid_t process, int wait_milliseconds)
{
    int status = 0;
    for (int waited = 0; waited <= wait_milliseconds; waited++) {
        const pid_t ended = waitpid(process, &status, WNOHANG);
        if (ended == process) return WIFSIGNALED(status) ? WTERMSIG(status) : 0;
        if (ended < 0 && errno != EINTR) return 0;
        if (waited < wait_milliseconds) nanosleep(&(struct timespec){0, 1000000}, NULL);
    }
    kill(process, SIGKILL);
    while (waitpid(process, &status, 0) < 0 && errno == EINTR) {}
    return 0;
}
