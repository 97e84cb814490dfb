// Boost.Process, version 1 of its interface, wherever this Boost keeps it.
//
// 1.86 moved it to v1/ and 1.88 made version 2 the default. Only the headers that we
// use, never the header of all: that one means something else from version to version.
#pragma once

#if __has_include(<boost/process/v1/child.hpp>)

#include <boost/process/v1/child.hpp>
#include <boost/process/v1/error.hpp>
#include <boost/process/v1/exe.hpp>
#include <boost/process/v1/extend.hpp>
#include <boost/process/v1/posix.hpp>

namespace forkyard::sim {
namespace bp = boost::process::v1;
}  // namespace forkyard::sim

#else

#include <boost/process/child.hpp>
#include <boost/process/error.hpp>
#include <boost/process/exe.hpp>
#include <boost/process/extend.hpp>
#include <boost/process/posix.hpp>

namespace forkyard::sim {
namespace bp = boost::process;
}  // namespace forkyard::sim

#endif
