/* A child process that works on a file nobody vouches for, and what holds it in. */
#ifndef EMBQ_HELPER_PROCESS_H
#define EMBQ_HELPER_PROCESS_H
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* What is not an errno of the system: the other end is closed, or does not answer. */
#define CH5_CLOSED (-1)
#define CH5_LATE (-2)

/* Two connected descriptors, closed on exec; 0, or an errno. */
int ch5_socket_pair(int ends[2]);

/* Starts `executable argument` with `file` as descriptor 0, `socket` as 1, nothing else open, and an environment of
   its own; 0, or an errno. */
int ch5_start(const char *executable, const char *argument, int file, int socket, pid_t *process);

/* In the child, before it touches the file: closes all descriptors but 0, 1 and 2, and limits what it can take.
   One more file can be opened, none written. On Linux, x86-64 and AArch64, it can also start no program, make no
   socket, and reach no other process: Tests/hdf5helper tries it. 0, or an errno. */
int ch5_confine(uint64_t address_space, uint64_t processor_seconds);

/* The size of the regular file behind a descriptor, or -1. */
int64_t ch5_file_size(int file);

/* Sends all bytes; 0, CH5_CLOSED, or an errno. Never raises SIGPIPE. */
int ch5_send(int socket, const void *bytes, size_t count);
/* Receives exactly `count` bytes, waiting at most `milliseconds` for each piece, or for ever when that is negative;
   0, one of the above, or an errno. */
int ch5_receive(int socket, void *bytes, size_t count, int milliseconds);

/* Kills and buries a child. Returns the signal that had ended it before, or 0 when it had not ended by one. */
int ch5_stop(pid_t process, int wait_milliseconds);
#endif
