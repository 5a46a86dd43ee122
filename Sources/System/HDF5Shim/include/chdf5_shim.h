/* What Swift cannot import from <hdf5.h>: macros that expand to a function call, names that change between library
   versions, and callbacks that only refuse. */
#ifndef EMBQ_CHDF5_SHIM_H
#define EMBQ_CHDF5_SHIM_H
#include <hdf5.h>
#include <stddef.h>
#include <stdint.h>

/* Types as they lie in a file, little-endian. */
hid_t ch5_float32(void);
hid_t ch5_float64(void);
hid_t ch5_integer(size_t bytes, int is_signed);
/* IEEE binary16; to be closed with H5Tclose. */
hid_t ch5_float16(void);
/* UTF-8 text: of a fixed size, or variable when size is 0; to be closed with H5Tclose. */
hid_t ch5_text(size_t size);

unsigned ch5_read_only(void);
unsigned ch5_truncate(void);
hid_t ch5_property_list_file_access(void);
hid_t ch5_property_list_link_access(void);
hid_t ch5_property_list_link_create(void);
hid_t ch5_property_list_dataset_create(void);

/* No messages on standard error from this thread, no filters from shared libraries. */
void ch5_keep_to_itself(void);
/* Makes a link access list refuse external links. */
herr_t ch5_refuse_external_links(hid_t link_access);

typedef enum { CH5_LINK_HARD, CH5_LINK_SOFT, CH5_LINK_EXTERNAL, CH5_LINK_OTHER } ch5_link_kind;
/* Returns 0 to go on and 1 to stop. */
typedef int (*ch5_link_visitor)(const char *name, ch5_link_kind kind, void *context);
/* Visits a group's links in the order of their names. */
herr_t ch5_each_link(hid_t group, ch5_link_visitor visitor, void *context);
/* Returns 0 to go on and 1 to stop. */
typedef int (*ch5_attribute_visitor)(const char *name, void *context);
herr_t ch5_each_attribute(hid_t object, ch5_attribute_visitor visitor, void *context);

/* Where an object lies: equal for two paths to one object. */
herr_t ch5_address(hid_t object, uint64_t *file, uint64_t *address);

/* The innermost reason on the error stack, cut to size; returns 1 when it speaks of a version. */
int ch5_reason(char *text, size_t size);
#endif
