#pragma once

#include <stop_token>

#include "tests/support/api_request.h"
#include "tests/support/lease_table.h"
#include "tests/support/tls_connection.h"
#include "tests/support/watch_orders.h"

namespace elector::test {

// Answers a watch until it ends: by an order, by its timeoutSeconds, by the client, or by `cut`.
// Obeys the orders that are given from `firstOrder` on. True where the connection can be used
// again.
bool streamWatch(TlsConnection& connection, const ApiRequest& request, const LeaseTable& leases,
                 const WatchOrders& orders, std::size_t firstOrder, const std::stop_token& cut);

}  // namespace elector::test
