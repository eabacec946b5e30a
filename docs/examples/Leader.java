import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.regex.Pattern;

/** Acts while this replica leads, until the deadline of the answer at the latest. Run it by: java Leader.java */
class Leader {
    public static void main(String[] arguments) throws InterruptedException {
        var url = URI.create(System.getenv("LEADER_ELECTOR_URL") + "/api/leader");
        var request = HttpRequest.newBuilder(url).timeout(Duration.ofSeconds(1)).build();
        var yes = Pattern.compile("\"fencingToken\":\"(\\d+)\".*\"validUntilMonotonicMs\":(\\d+)");
        for (var client = HttpClient.newHttpClient();; Thread.sleep(200)) {
            try {
                var state = yes.matcher(client.send(request, BodyHandlers.ofString()).body());
                if (state.find() && System.nanoTime() / 1_000_000 < Long.parseLong(state.group(2)))
                    System.out.println("acted " + state.group(1)); // a write, to a store that refuses a lower token
            } catch (java.io.IOException nobodySaysThatItLeads) {
            }
        }
    }
}
