/* version.h - which program this is. */
#ifndef JEMPUT_VERSION_H
#define JEMPUT_VERSION_H
#define JEM_VERSION "0.1"
#endif
