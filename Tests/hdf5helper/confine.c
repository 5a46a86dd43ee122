/* What the helper process that reads HDF5 may still do once it has confined itself, and what it may not.
 *
 *   confine FOLDER
 *
 * Each case is a process of its own, confined as the helper is, with a file at 0, a socket at 1 and /dev/null at 2. A
 * call that the filter refuses gives EPERM, which the limits on resources never do; that it is the filter which
 * refuses shows a run without it. FOLDER is empty, for files to try it on. */
#define _GNU_SOURCE
#include "helper_process.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static const char *folder;
static char input[4096], output[4096];
static pid_t outsider; /* Another process of this user. */

/* 0, or the errno of a call. */
static int error_of(long result) { return result < 0 ? errno : 0; }
static int opened(int descriptor)
{
    const int status = error_of(descriptor);
    if (descriptor >= 0) close(descriptor);
    return status;
}
/* A raw call: the C library may reach its goal by another one. */
#define CALL(...) error_of(syscall(__VA_ARGS__))

/* ---- Refused ---- */
static int open_to_write(void) { return opened((int)syscall(__NR_openat, AT_FDCWD, input, O_WRONLY)); }
static int open_to_read_and_write(void) { return opened((int)syscall(__NR_openat, AT_FDCWD, input, O_RDWR)); }
static int open_to_append(void) { return opened((int)syscall(__NR_openat, AT_FDCWD, input, O_WRONLY | O_APPEND)); }
static int open_and_empty(void) { return opened((int)syscall(__NR_openat, AT_FDCWD, input, O_RDONLY | O_TRUNC)); }
static int create(void) { return opened((int)syscall(__NR_openat, AT_FDCWD, output, O_RDONLY | O_CREAT, 0600)); }
static int create_nameless(void)
{
    return opened((int)syscall(__NR_openat, AT_FDCWD, folder, O_RDWR | O_TMPFILE, 0600));
}
static int write_what_is_open(void) { return CALL(__NR_write, 1, "x", 1); }
static int write_at(void) { return CALL(__NR_pwritev, 2, &(struct iovec){"x", 1}, 1, 0, 0); }
static int make_folder(void) { return CALL(__NR_mkdirat, AT_FDCWD, output, 0700); }
static int make_link(void) { return CALL(__NR_symlinkat, "x", AT_FDCWD, output); }
static int rename_file(void) { return CALL(__NR_renameat2, AT_FDCWD, input, AT_FDCWD, output, 0); }
static int remove_file(void) { return CALL(__NR_unlinkat, AT_FDCWD, input, 0); }
static int change_mode(void) { return CALL(__NR_fchmodat, AT_FDCWD, input, 0600); }
static int shorten(void) { return CALL(__NR_truncate, input, 0); }
static int internet_socket(void) { return opened((int)syscall(__NR_socket, AF_INET, SOCK_STREAM, 0)); }
static int local_socket(void) { return opened((int)syscall(__NR_socket, AF_UNIX, SOCK_DGRAM, 0)); }
static int pair_of_sockets(void)
{
    int ends[2];
    return CALL(__NR_socketpair, AF_UNIX, SOCK_STREAM, 0, ends);
}
static int pass_a_descriptor(void)
{
    struct iovec part = {"x", 1};
    return CALL(__NR_sendmsg, 1, &(struct msghdr){.msg_iov = &part, .msg_iovlen = 1}, 0);
}
static int start_a_program(void)
{
    char *none[] = {"true", NULL};
    return CALL(__NR_execve, "/bin/true", none, none + 1);
}
static int start_a_program_at(void)
{
    char *none[] = {"true", NULL};
    return CALL(__NR_execveat, AT_FDCWD, "/bin/true", none, none + 1, 0);
}
static int child(long process)
{
    if (process == 0) _exit(0);
    if (process > 0) waitpid((pid_t)process, NULL, __WALL);
    return error_of(process);
}
static int fork_by_clone(void) { return child(syscall(__NR_clone, SIGCHLD, 0, 0, 0, 0)); }
#ifdef __NR_clone3
static int fork_by_clone3(void)
{
    struct {
        uint64_t flags, pidfd, child_tid, parent_tid, exit_signal, stack, stack_size, tls;
    } how = {0};
    how.exit_signal = SIGCHLD;
    return child(syscall(__NR_clone3, &how, sizeof how));
}
#endif
#ifdef __NR_fork
static int fork_itself(void) { return child(syscall(__NR_fork)); }
#endif
static int memory_to_execute(void)
{
    return error_of((long)mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) == -1 ? -1 : 0);
}
static int make_memory_executable(void)
{
    void *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    return page == MAP_FAILED ? ENOMEM : CALL(__NR_mprotect, page, 4096, PROT_READ | PROT_EXEC);
}
static int kill_another(void) { return CALL(__NR_kill, outsider, 0); }
static int kill_itself(void) { return CALL(__NR_tgkill, getpid(), gettid(), 0); }
static int signal_another_by_io(void) { return CALL(__NR_fcntl, 1, F_SETOWN, outsider); }
static int choose_signal_of_io(void) { return CALL(__NR_fcntl, 1, F_SETSIG, SIGTERM); }
static int turn_on_signals_of_io(void) { return CALL(__NR_fcntl, 1, F_SETFL, O_ASYNC); }
static int lock_a_file(void) { return CALL(__NR_fcntl, 0, F_SETLK, &(struct flock){.l_type = F_RDLCK}); }
static int read_anothers_memory(void)
{
    char byte = 0;
    struct iovec here = {&byte, 1}, there = {&outsider, 1};
    return CALL(__NR_process_vm_readv, outsider, &here, 1, &there, 1, 0);
}
static int trace_another(void) { return CALL(__NR_ptrace, PTRACE_SEIZE, outsider, 0, 0); }
static int lift_a_limit(void) { return CALL(__NR_prlimit64, 0, 7, NULL, &(uint64_t[2]){0, 0}); }
static int control_a_device(void)
{
    int waiting;
    return CALL(__NR_ioctl, 1, 0x541B /* FIONREAD */, &waiting);
}
static int another_filter(void) { return CALL(__NR_prctl, PR_GET_DUMPABLE, 0, 0, 0, 0); }

static const struct {
    const char *name;
    int (*call)(void);
} refused[] = {
    {"open a file to write", open_to_write},
    {"open a file to read and write", open_to_read_and_write},
    {"open a file to append", open_to_append},
    {"open and empty a file", open_and_empty},
    {"create a file", create},
    {"create a file without a name", create_nameless},
    {"write to what is open", write_what_is_open},
    {"write at a place", write_at},
    {"make a folder", make_folder},
    {"make a link", make_link},
    {"rename a file", rename_file},
    {"remove a file", remove_file},
    {"change a file's mode", change_mode},
    {"shorten a file", shorten},
    {"make an internet socket", internet_socket},
    {"make a local socket", local_socket},
    {"make a pair of sockets", pair_of_sockets},
    {"send a message that can pass descriptors", pass_a_descriptor},
    {"start a program", start_a_program},
    {"start a program beside a folder", start_a_program_at},
    {"make a process by clone", fork_by_clone},
#ifdef __NR_clone3
    {"make a process by clone3", fork_by_clone3},
#endif
#ifdef __NR_fork
    {"make a process by fork", fork_itself},
#endif
    {"take memory to execute", memory_to_execute},
    {"make memory executable", make_memory_executable},
    {"send a signal to another process", kill_another},
    {"send a signal to itself", kill_itself},
    {"name another process for signals of input", signal_another_by_io},
    {"choose the signal of input", choose_signal_of_io},
    {"turn on signals of input", turn_on_signals_of_io},
    {"lock a file", lock_a_file},
    {"read another process's memory", read_anothers_memory},
    {"trace another process", trace_another},
    {"change a limit", lift_a_limit},
    {"control a device", control_a_device},
    {"change what a process is", another_filter},
};

/* ---- Permitted ---- */
static int read_the_file(void)
{
    char bytes[4];
    return lseek(0, 1, SEEK_SET) == 1 && read(0, bytes, 3) == 3 && pread(0, bytes, 4, 0) == 4 ? 0 : EIO;
}
static int examine_the_file(void) { return ch5_file_size(0) == 5 ? 0 : EIO; }
static int open_the_file_again(void)
{
    const int descriptor = open("/dev/fd/0", O_RDONLY | O_CLOEXEC);
    char byte = 0;
    const int status = descriptor == 3 && read(descriptor, &byte, 1) == 1 && byte == 'h' ? 0 : errno ? errno : EIO;
    close(descriptor);
    return status;
}
static int take_and_return_memory(void)
{
    char *bytes = malloc(3 << 20);
    if (!bytes) return ENOMEM;
    memset(bytes, 1, 3 << 20);
    char *more = realloc(bytes, 6 << 20);
    free(more ? more : bytes);
    return more ? 0 : ENOMEM;
}
static int talk(void)
{
    char byte = 0;
    if (ch5_send(1, "ping", 4) != 0) return EIO;
    return ch5_receive(1, &byte, 1, 1000) == 0 && byte == 'p' ? 0 : EIO;
}
static int tell_the_time(void)
{
    struct timespec now;
    return CALL(__NR_clock_gettime, CLOCK_MONOTONIC, &now);
}
static int ask_for_flags(void) { return CALL(__NR_fcntl, 1, F_GETFL); }

static const struct {
    const char *name;
    int (*call)(void);
} permitted[] = {
    {"read its file", read_the_file},
    {"examine its file", examine_the_file},
    {"open its file again", open_the_file_again},
    {"take and return memory", take_and_return_memory},
    {"talk over its socket", talk},
    {"tell the time", tell_the_time},
    {"ask for a descriptor's flags", ask_for_flags},
};

/* The status of a process that calls this, confined or not; -1 when it cannot be made. */
static int run(int (*call)(void), int is_confined)
{
    int ends[2];
    const int file = open(input, O_RDONLY);
    if (file < 0 || socketpair(AF_UNIX, SOCK_STREAM, 0, ends) != 0 || send(ends[0], "p", 1, 0) != 1) return -1;
    const pid_t process = fork();
    if (process == 0) {
        const int nothing = open("/dev/null", O_WRONLY);
        if (dup2(file, 0) < 0 || dup2(ends[1], 1) < 0 || dup2(nothing, 2) < 0) _exit(250);
        if (is_confined && ch5_confine((uint64_t)1 << 30, 10) != 0) _exit(251);
        errno = 0;
        const int status = call();
        _exit(status > 249 ? 249 : status);
    }
    int status = -1;
    if (process > 0) waitpid(process, &status, 0);
    close(file);
    close(ends[0]);
    close(ends[1]);
    return process > 0 ? status : -1;
}

/* Puts back what a call without the filter may have changed. */
static int prepare(void)
{
    unlink(output);
    rmdir(output);
    const int file = open(input, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    const int status = file >= 0 && write(file, "hello", 5) == 5;
    close(file);
    return status;
}

static void describe(char *text, size_t size, int status)
{
    if (WIFSIGNALED(status)) snprintf(text, size, "signal %d", WTERMSIG(status));
    else if (WEXITSTATUS(status) == 0) snprintf(text, size, "it succeeded");
    else snprintf(text, size, "error %d (%s)", WEXITSTATUS(status), strerror(WEXITSTATUS(status)));
}

/* Calls that do not give EPERM without the filter. */
static int free_of_filter, failures;

static void expect(const char *name, int status, int is_refused)
{
    const int exit_status = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
    if (is_refused ? exit_status == EPERM : exit_status == 0) return;
    char text[128];
    describe(text, sizeof text, status);
    fprintf(stderr, "confine: the helper must %sbe able to %s: %s\n", is_refused ? "not " : "", name, text);
    failures++;
}

#ifdef __x86_64__
/* The numbers of another architecture mean other calls: getpid of 32 bits is 20. */
static int call_of_32_bits(void)
{
    long result = 20;
    __asm__ volatile("int $0x80" : "+a"(result) : : "memory", "r8", "r9", "r10", "r11");
    return result < 0 ? (int)-result : 0;
}
/* With the bit of the ABI called x32. */
static int call_of_x32(void) { return CALL(__NR_getpid | 0x40000000); }
#endif

/* Whether this system lets a process filter its calls at all. */
static int has_filters(void)
{
    const pid_t process = fork();
    if (process == 0) {
        struct sock_filter all[] = {BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)};
        const struct sock_fprog program = {1, all};
        prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
        _exit(prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program, 0, 0) == 0 ? 0 : 1);
    }
    int status = 1;
    return process > 0 && waitpid(process, &status, 0) == process && status == 0;
}

int main(int count, char **arguments)
{
    if (count != 2) return 64;
    signal(SIGPIPE, SIG_IGN);
    folder = arguments[1];
    snprintf(input, sizeof input, "%s/in", folder);
    snprintf(output, sizeof output, "%s/out", folder);
    outsider = fork();
    if (outsider == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        for (;;) pause();
    }
    const int is_filtered = has_filters();
    const size_t refusals = sizeof refused / sizeof *refused, permissions = sizeof permitted / sizeof *permitted;
    for (size_t i = 0; is_filtered && i < refusals; i++) {
        if (!prepare()) return perror("confine"), 1;
        const int before = run(refused[i].call, 0);
        free_of_filter += WIFEXITED(before) && WEXITSTATUS(before) != EPERM;
        if (!prepare()) return perror("confine"), 1;
        expect(refused[i].name, run(refused[i].call, 1), 1);
    }
    for (size_t i = 0; i < permissions; i++) {
        if (!prepare()) return perror("confine"), 1;
        expect(permitted[i].name, run(permitted[i].call, 1), 0);
    }
#ifdef __x86_64__
    if (is_filtered) {
        const int status = run(call_of_32_bits, 1);
        /* Killed by the filter, or by a kernel that does not have these calls. */
        if (!WIFSIGNALED(status)) expect("make calls of 32 bits", status, 1);
        expect("make calls of x32", run(call_of_x32, 1), 1);
    }
#endif
    kill(outsider, SIGKILL);
    waitpid(outsider, NULL, 0);
    unlink(output);
    unlink(input);
    /* A test that EPERM would pass without a filter proves nothing. */
    if (is_filtered && free_of_filter < (int)refusals * 3 / 4) {
        fprintf(stderr, "confine: %d of %zu calls are refused here without a filter\n", (int)refusals - free_of_filter,
                refusals);
        failures++;
    }
    if (failures) return 1;
    if (!is_filtered) printf("hdf5 helper: this system filters no calls; %zu permitted calls work\n", permissions);
    else
        printf("hdf5 helper: %zu calls refused (%d of them by the filter alone), %zu permitted\n", refusals,
               free_of_filter, permissions);
    return 0;
}
