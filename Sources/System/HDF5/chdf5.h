#ifndef EMBQ_CHDF5_H
#define EMBQ_CHDF5_H
#include <hdf5.h>
#endif
